import assert from "node:assert/strict";
import { test } from "node:test";

import { Turns } from "../../../../seats/static/desk/store/turns.js";

const asking = () => {
  const answers = [];
  const turns = new Turns(() => new Promise((done, lost) => { answers.push({ done, lost }); }));
  return { answers, turns };
};

test("one goes at a time, and all that is asked meanwhile is asked once more", async () => {
  const { answers, turns } = asking();
  const first = turns.run();
  const [second, third] = [turns.run(), turns.run()];
  assert.equal(second, third);
  assert.equal(answers.length, 1);
  answers[0].done("one");
  assert.equal(await first, "one");
  await new Promise(setImmediate);
  assert.equal(answers.length, 2);
  answers[1].done("two");
  assert.equal(await second, "two");
  turns.run();
  assert.equal(answers.length, 3);
});

test("one that fails holds up none after it", async () => {
  const { answers, turns } = asking();
  const first = turns.run();
  const second = turns.run();
  answers[0].lost(new Error("cut"));
  await assert.rejects(first);
  await new Promise(setImmediate);
  answers[1].done("there");
  assert.equal(await second, "there");
});
