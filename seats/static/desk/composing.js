// An input method at work: the element in which it composes must stay, and so must what it has written there so far.

let inside = null;
let waiting = new Map(); // by what is waited for, so that each is done once

document.addEventListener("compositionstart", ({ target }) => { inside = target; });
document.addEventListener("compositionend", () => {
  inside = null;
  const due = waiting;
  waiting = new Map();
  for (const then of due.values()) setTimeout(then); // once the field has the words, and its own listeners know of them
});

/** Tell whether an input method composes within `root`; an element that is gone takes its composition with it. */
export const composes = (root) => Boolean(inside?.isConnected && root.contains(inside));

/** Do something once the composition is over; what is `named` alike is done once, as it was asked for last. */
export function afterwards(named, then) { waiting.set(named, then); }
