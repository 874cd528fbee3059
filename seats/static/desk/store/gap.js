// Messages that were missed: what came last may not reach back to what is shown.

/** Tell whether messages may be missing between the ids that are `shown` and those `found`; `more`: older ones than found exist. */
export function missed(shown, found, more) {
  return Boolean(more && shown.length && found.length && found[0] > shown.at(-1));
}
