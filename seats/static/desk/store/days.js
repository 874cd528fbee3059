// Day lines: before the first message of each day, once.

/** Return at which positions a line stands, for the days of messages in their order. */
export const breaks = (days) => days.flatMap((day, at) => (day && day !== days[at - 1] ? [at] : []));

/** Return a day's name: `day` and `today` are "2026-11-26", `texts` has "today" and "yesterday". */
export function dayName(day, today, language, texts) {
  const date = new Date(`${day}T00:00:00Z`);
  const ago = Math.round((Date.parse(`${today}T00:00:00Z`) - date) / 86400000);
  const year = day.slice(0, 4) === today.slice(0, 4) ? {} : { year: "numeric" };
  const form = new Intl.DateTimeFormat(language, { month: "long", day: "numeric", weekday: "short", timeZone: "UTC", ...year });
  // Chinese stands apart from digits and from the day of the week, as everywhere on the desk.
  const name = form.format(date).replace(/(\d)(?=[年月日])|([年月日])(?=\d|周)/g, "$& ");
  const near = { 0: texts.today, 1: texts.yesterday }[ago];
  return near ? `${near} · ${name}` : name;
}

/** Return the day that it is at `seconds` (since 1970) in the site's time zone. */
export function dayOf(seconds, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(new Date(seconds * 1000));
}
