// The order of each tab's rows; smaller comes first, as the server orders them. Times are in seconds, to the microsecond.

const number = (text) => Number(text) || 0;
// Who waits longest, then what did not arrive, then the newest.
const waiting = (data) => [number(data.since) || Infinity, data.undelivered ? 0 : 1, -number(data.last), -number(data.row)];

export const KEYS = {
  mine: waiting,
  all: waiting,
  queue: (data) => [number(data.rank), number(data.arrived), number(data.entry), number(data.row)],
  closed: (data) => [-number(data.closed), -number(data.row)],
};

/** Tell whether a row comes before another one on a tab; both by their data attributes. */
export function before(tab, one, other) {
  const [key, against] = [KEYS[tab](one), KEYS[tab](other)];
  const at = key.findIndex((value, index) => value !== against[index]);
  return at >= 0 && key[at] < against[at];
}
