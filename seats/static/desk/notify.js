// What somebody who looks elsewhere should notice: a sound, a desktop notification, a number in the title.

import { texts } from "./net.js";

const title = document.title;
const KEY = "notices";

/** Sounds and notifications, on or off for this user on this browser. */
export class Notices {
  constructor(keep, open) { Object.assign(this, { keep, open }); }

  get on() { return this.keep.get(KEY, true); }
  set on(yes) { this.keep.set(KEY, yes); }
  get allowed() { return window.Notification?.permission === "granted"; }
  get blocked() { return window.Notification?.permission === "denied"; }

  async ask() {
    if (window.Notification?.permission === "default") await Notification.requestPermission();
    return this.allowed;
  }

  /** Tell of a conversation; one notification each, which opens it. `aloud` also where the page is being looked at. */
  tell(id, name, words, aloud = false) {
    if (!this.on) return;
    if (document.hidden || aloud) beep();
    if (!document.hidden || !this.allowed) return;
    const shown = new Notification(name || texts.new, { tag: `desk-${id}`, body: words, renotify: true });
    shown.onclick = () => { window.focus(); this.open(id); shown.close(); };
  }
}

export function inTitle(count) { document.title = (count ? `(${count}) ` : "") + title; }

export function beep() {
  try {
    const sound = new AudioContext();
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    volume.gain.value = 0.05;
    tone.connect(volume).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + 0.12);
    tone.onended = () => sound.close();
  } catch { /* a browser that allows no sound yet */ }
}
