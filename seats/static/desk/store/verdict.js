// What an answer of the server means for what was sent.

export const DONE = "done"; // the server has it
export const REFUSED = "refused"; // it will not have it; the seat decides what becomes of it
export const DOWN = "down"; // no answer, or a broken one: try again
export const BUSY = "busy"; // too much was asked for within a minute: try again later
export const LOGIN = "login"; // nobody is logged in: try again after the log-in
export const OTHER = "other"; // somebody else has logged in here: this page may send nothing any more

/** Return what the answer's status and body mean. */
export function verdict(status, said = {}) {
  if (status >= 200 && status < 300) return DONE;
  if (said.code === "other_user") return OTHER;
  if (status === 401) return LOGIN;
  if (status === 429) return BUSY;
  // An event that failed was stored: the same again would only be answered the same.
  if (status >= 500 && said.outcome !== "failed") return DOWN;
  if (status === 0 || status === 408) return DOWN;
  return REFUSED;
}
