import assert from "node:assert/strict";
import { test } from "node:test";

import { breaks, dayName, dayOf } from "../../../../seats/static/desk/store/days.js";
import { before } from "../../../../seats/static/desk/store/order.js";
import { missed } from "../../../../seats/static/desk/store/gap.js";
import { clock, lateness, length, skewed } from "../../../../seats/static/desk/store/times.js";
import { BUSY, DONE, DOWN, LOGIN, OTHER, REFUSED, verdict } from "../../../../seats/static/desk/store/verdict.js";
import { composing, count, inserted } from "../../../../seats/static/desk/store/words.js";

const texts = { seconds: "%ds", minutes: "%dm", hours: "%(hours)dh %(minutes)dm", today: "today", yesterday: "yesterday" };

test("a day has one line", () => {
  assert.deepEqual(breaks(["a", "a", "b", "b", "c"]), [0, 2, 4]);
  assert.deepEqual(breaks([]), []);
  assert.deepEqual(breaks(["a", "", "b"]), [0, 2]); // what has no day begins none
});

test("days have names", () => {
  assert.equal(dayName("2026-11-26", "2026-11-26", "en", texts), "today · Thu, November 26");
  assert.equal(dayName("2026-11-25", "2026-11-26", "en", texts), "yesterday · Wed, November 25");
  assert.match(dayName("2025-01-02", "2026-11-26", "zh-Hans", texts), /^2025 年 1 月 2 日 周四$/);
  assert.equal(dayOf(1795708800, "Asia/Shanghai"), "2026-11-27"); // 16:00 UTC is midnight there
});

test("lengths", () => {
  assert.deepEqual([-3, 59.9, 60, 3661].map((one) => length(one, texts)), ["0s", "59s", "1m", "1h 1m"]);
  assert.deepEqual([107, 108, 180].map((one) => lateness(one, 180)), ["", "near", "late"]);
  assert.equal(lateness(9999, 0), "");
  assert.deepEqual([42, 0.2, 61, -1].map(clock), ["0:42", "0:01", "1:01", "0:00"]);
});

test("the order of the tabs", () => {
  const row = (data) => ({ row: "1", since: "", last: "10", ...data });
  assert.ok(before("mine", row({ since: "5" }), row({ since: "6" })));
  assert.ok(before("mine", row({ since: "6" }), row({ undelivered: "1" })));
  assert.ok(before("mine", row({ undelivered: "1", last: "1" }), row({ last: "99" })));
  assert.ok(before("mine", row({ last: "99" }), row({ last: "1" })));
  assert.ok(before("queue", row({ rank: "0", arrived: "9" }), row({ rank: "1", arrived: "1" })));
  assert.ok(before("queue", row({ rank: "0", arrived: "1", row: "9" }), row({ rank: "0", arrived: "2", row: "1" })));
  assert.ok(before("queue", row({ rank: "0", arrived: "1795708800.000002", row: "9" }), row({ rank: "0", arrived: "1795708800.000003", row: "1" })));
  assert.ok(before("queue", row({ arrived: "1", entry: "1", row: "9" }), row({ arrived: "1", entry: "2", row: "1" })));
  assert.ok(before("queue", row({ row: "1" }), row({ row: "2" })));
  assert.ok(before("mine", row({ row: "2" }), row({ row: "1" })));
  assert.ok(before("closed", row({ closed: "9", row: "1" }), row({ closed: "1", row: "2" })));
  assert.ok(before("closed", row({ closed: "9", row: "2" }), row({ closed: "9", row: "1" })));
  assert.ok(!before("queue", row({}), row({})));
});

test("what answers mean", () => {
  const cases = [[200, {}, DONE], [202, {}, DONE], [401, {}, LOGIN], [403, {}, REFUSED], [403, { code: "other_user" }, OTHER],
    [400, {}, REFUSED], [404, {}, REFUSED], [409, {}, REFUSED], [413, {}, REFUSED], [304, {}, REFUSED], [408, {}, DOWN], [429, {}, BUSY], [502, {}, DOWN],
    [500, { outcome: "failed" }, REFUSED], [0, {}, DOWN]];
  for (const [status, said, meant] of cases) assert.equal(verdict(status, said), meant, String(status));
});

test("an input method's Enter is its own", () => {
  assert.ok(composing({ isComposing: true, keyCode: 13 }));
  assert.ok(composing({ isComposing: false, keyCode: 229 })); // Safari, after the composition's end
  assert.ok(!composing({ isComposing: false, keyCode: 13 }));
});

test("a piece is put where the cursor is", () => {
  assert.deepEqual(inserted("ab", 1, 1, "😀"), { text: "a😀b", at: 3 });
  assert.deepEqual(inserted("a--b", 1, 3, "+"), { text: "a+b", at: 2 }); // in the place of what was selected
  assert.equal(count("a😀"), 2);
});

test("the clock follows the server's where an answer contradicts it", () => {
  assert.equal(skewed(0, 1000, 1000.2, 1000.4), 0); // Date is in whole seconds
  assert.equal(skewed(-3, 1000, 990, 1004), -3); // a slow line says little
  assert.equal(skewed(0, 1600, 1000, 1000.2), 600.4); // the computer's clock is ten minutes late
  assert.equal(skewed(600, 1000, 1000, 1000.5), 0.25); // and was put right
  assert.equal(skewed(5, Number.NaN, 1, 2), 5);
});

test("messages that may be missing between what is shown and what came", () => {
  assert.equal(missed([1, 2], [3, 4], true), true);
  assert.equal(missed([1, 2], [2, 3], true), false);
  assert.equal(missed([1, 2], [3, 4], false), false);
  assert.equal(missed([], [3, 4], true), false);
  assert.equal(missed([1], [], true), false);
});
