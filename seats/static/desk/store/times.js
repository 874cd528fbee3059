// Lengths of time, and when a wait is long.

const NEAR = 0.6; // of the goal

/** Return a length in words: seconds, then whole minutes, then hours. */
export function length(seconds, texts) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  if (whole < 60) return texts.seconds.replace("%d", whole);
  if (!hours) return texts.minutes.replace("%d", minutes);
  return texts.hours.replace("%(hours)d", hours).replace("%(minutes)d", minutes);
}

/** Return "late", "near" or "" for a wait; without a goal (0) no wait is long. */
export function lateness(seconds, goal) {
  if (!goal) return "";
  return seconds >= goal ? "late" : seconds >= goal * NEAR ? "near" : "";
}

/**
 * Return how many seconds the server's clock is before this computer's, by one answer: its Date (in whole seconds), and when it
 * was asked for and came. `known` stays as long as the answer does not contradict it.
 */
export function skewed(known, date, sent, came) {
  if (!Number.isFinite(date)) return known;
  const [least, most] = [date - came, date + 1 - sent];
  return known >= least && known <= most ? known : (least + most) / 2;
}

/** Return the time that is left as "0:42". */
export function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
