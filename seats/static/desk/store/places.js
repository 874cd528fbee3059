// Places out of what a seat pastes: coordinates, or a link copied from a map. No map is asked for anything.

const NUMBER = String.raw`(-?\d{1,3}(?:\.\d+)?)`;
const PAIR = new RegExp(`^\\s*(?:geo:)?${NUMBER}\\s*[,，\\s]\\s*${NUMBER}`);
const AFTER_AT = new RegExp(`/@${NUMBER},${NUMBER}`);
const GOOGLE_PIN = new RegExp(`!3d${NUMBER}!4d${NUMBER}`);
const BAIDU = Math.PI * 3000 / 180;

const pair = (text) => { const found = PAIR.exec(text ?? ""); return found && [Number(found[1]), Number(found[2])]; };
const turned = (found) => found && [found[1], found[0]];

/** Baidu's maps have coordinates of their own; WeChat's places are in the usual ones of China's maps. */
function fromBaidu(found) {
  if (!found) return null;
  const [y, x] = [found[0] - 0.006, found[1] - 0.0065];
  const far = Math.hypot(x, y) - 0.00002 * Math.sin(y * BAIDU);
  const angle = Math.atan2(y, x) - 0.000003 * Math.cos(x * BAIDU);
  return [Number((far * Math.sin(angle)).toFixed(6)), Number((far * Math.cos(angle)).toFixed(6))];
}

// For each map, how its links name a point (latitude first) and the place.
const MAPS = [
  ["map.qq.com", (q) => pair(/coord:([^;]+)/.exec(q.get("marker") ?? "")?.[1]) ?? turned(pair(`${q.get("pointx")},${q.get("pointy")}`)) ?? pair(q.get("center")),
    (q) => /title:([^;]+)/.exec(q.get("marker") ?? "")?.[1] ?? q.get("name")],
  ["amap.com", (q) => turned(pair(q.get("position"))) ?? pair(q.get("q")) ?? pair((q.get("p") ?? "").split(",").slice(1, 3).join(",")), (q) => q.get("name") ?? (q.get("p") ?? "").split(",")[3]],
  ["baidu.com", (q) => (q.get("coord_type") === "gcj02" ? pair(q.get("location")) : fromBaidu(pair(q.get("location")))), (q) => q.get("title")],
  ["google.com", (q, path) => point(GOOGLE_PIN.exec(path)) ?? pair(q.get("q")) ?? pair(q.get("query")) ?? point(AFTER_AT.exec(path)), (_q, path) => /\/place\/([^/@]+)/.exec(path)?.[1]?.replace(/\+/g, " ")],
  ["apple.com", (q) => pair(q.get("ll")) ?? pair(q.get("coordinate")), (q) => q.get("q") ?? q.get("name")],
  ["openstreetmap.org", (q) => pair(`${q.get("mlat")},${q.get("mlon")}`), () => null],
];

function point(found) { return found && [Number(found[1]), Number(found[2])]; }

function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

/** Return `{ latitude, longitude, label }` of the first link or pair of coordinates in a text; null where there is none. */
export function placeOf(text) {
  const link = /https?:\/\/[^\s"'<>，。]+/.exec(text)?.[0];
  if (!link) return made(pair(text), "");
  let address;
  try { address = new URL(link); } catch { return null; }
  const map = MAPS.find(([host]) => address.hostname === host || address.hostname.endsWith(`.${host}`));
  if (!map) return null;
  const [, where, name] = map;
  const path = decoded(address.pathname);
  const before = text.slice(0, text.indexOf(link)).replace(/[\s:：【】[\]]+/g, " ").trim();
  return made(where(address.searchParams, path), name(address.searchParams, path) || before);
}

function made(found, label) {
  if (!found || found.some((one) => !Number.isFinite(one)) || Math.abs(found[0]) > 90 || Math.abs(found[1]) > 180) return null;
  return { latitude: found[0], longitude: found[1], label: label.slice(0, 100) };
}

/** Return the places with the word in their names, the last sent first. */
export const search = (places, word) => places.filter((one) => one.label.toLowerCase().includes(word.trim().toLowerCase()));

/** Put a place in front of those that were sent before; each name once. */
export const remembered = (places, place, most = 30) => [place, ...places.filter((one) => one.label !== place.label)].slice(0, most);
