// Records a voice for the customer: begin, cancel, send. It belongs to the conversation in which it was begun.

import { $, texts } from "./net.js";
import { toast } from "./saying.js";

const MOST = 59; // seconds; WeChat takes voices of up to a minute
const FORMS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
let now = null; // { conversation, recorder, stream, pieces, began, kept }

/** Listen to the recorder's buttons; `current` gives the open conversation, `send(file, conversation)` sends. */
export function listen(current, send) {
  const taps = { "record": () => begin(current()), "record-cancel": cancel, "record-send": () => finish(send) };
  document.addEventListener("click", (event) => taps[event.target.closest?.("button")?.id]?.());
  setInterval(() => tick(current()), 250);
}

async function begin(conversation) {
  if (now || !conversation) return;
  if (!navigator.mediaDevices || !window.MediaRecorder) return toast(texts.no_recording);
  now = { conversation };
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    now = null;
    return toast(texts.no_microphone);
  }
  const form = FORMS.find((one) => MediaRecorder.isTypeSupported(one));
  const recorder = new MediaRecorder(stream, { ...(form && { mimeType: form }), audioBitsPerSecond: 32000 });
  now = { conversation, recorder, stream, pieces: [], began: Date.now(), kept: 0 };
  recorder.addEventListener("dataavailable", (event) => now?.pieces.push(event.data));
  recorder.start();
  draw();
  $("#record-send")?.focus();
}

const seconds = () => now.kept || Math.floor((Date.now() - now.began) / 1000);

function tick(open) {
  if (!now?.recorder) return;
  if (open !== now.conversation || !$("#recorder")) return cancel();
  if (seconds() >= MOST && now.recorder.state === "recording") {
    now.kept = MOST;
    now.recorder.stop();
    toast(texts.minute_over);
  }
  draw();
}

/** Show how it stands; the composer may have been drawn anew meanwhile. */
function draw() {
  const box = $("#recorder");
  if (!box) return;
  box.hidden = !now?.recorder;
  box.classList.toggle("full", Boolean(now?.kept));
  if (now?.recorder) $("#record-time").textContent = `0:${String(seconds()).padStart(2, "0")} / 0:${MOST}`;
}

export function cancel() {
  release();
  now = null;
  draw();
}

function release() {
  if (now?.recorder?.state === "recording") now.recorder.stop();
  for (const track of now?.stream?.getTracks() ?? []) track.stop();
}

async function finish(send) {
  const done = now;
  if (!done?.recorder) return;
  if (done.recorder.state === "recording") {
    await new Promise((stopped) => {
      done.recorder.addEventListener("stop", stopped, { once: true });
      done.recorder.stop();
    });
  }
  cancel();
  const type = done.recorder.mimeType.split(";")[0];
  const ending = { "audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg" }[type] ?? "webm";
  const file = new File(done.pieces, `voice.${ending}`, { type });
  if (file.size) send(file, done.conversation);
}
