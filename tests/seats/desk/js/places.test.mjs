// Places out of what is pasted: each map's links, and what is none.

import assert from "node:assert/strict";
import { test } from "node:test";

import { placeOf, remembered, search } from "../../../../seats/static/desk/store/places.js";

const FOUND = [
  ["39.908, 116.397", 39.908, 116.397, ""],
  ["geo:39.908,116.397", 39.908, 116.397, ""],
  ["39.908，116.397", 39.908, 116.397, ""],
  ["https://apis.map.qq.com/uri/v1/marker?marker=coord:39.908,116.397;title:天安门&referer=x", 39.908, 116.397, "天安门"],
  ["https://map.qq.com/?type=marker&pointx=116.397&pointy=39.908&name=%E5%A4%A9%E5%AE%89%E9%97%A8", 39.908, 116.397, "天安门"],
  ["https://uri.amap.com/marker?position=116.397,39.908&name=天安门", 39.908, 116.397, "天安门"],
  ["https://www.amap.com/?p=B000A83M61,39.908,116.397,天安门", 39.908, 116.397, "天安门"],
  ["https://www.google.com/maps/place/Tian%27anmen/@39.9,116.3,17z/data=!3d39.908!4d116.397", 39.908, 116.397, "Tian'anmen"],
  ["https://www.google.com/maps?q=39.908,116.397", 39.908, 116.397, ""],
  ["https://www.google.com/maps/search/?api=1&query=39.908,116.397", 39.908, 116.397, ""],
  ["https://www.google.com/maps/place/100%/@39.908,116.397,17z", 39.908, 116.397, "100%"],
  ["https://maps.apple.com/?ll=39.908,116.397&q=Tiananmen", 39.908, 116.397, "Tiananmen"],
  ["https://www.openstreetmap.org/?mlat=39.908&mlon=116.397#map=17", 39.908, 116.397, ""],
  ["【天安门】https://api.map.baidu.com/marker?location=39.908,116.397&coord_type=gcj02", 39.908, 116.397, "天安门"],
];

for (const [text, latitude, longitude, label] of FOUND) {
  test(`found in ${text.slice(0, 50)}`, () => assert.deepEqual(placeOf(text), { latitude, longitude, label }));
}

test("Baidu's own coordinates are turned into the usual ones", () => {
  const { latitude, longitude } = placeOf("https://api.map.baidu.com/marker?location=39.914,116.404&title=x");
  assert.ok(Math.abs(latitude - 39.9077) < 0.001 && Math.abs(longitude - 116.3976) < 0.001, `${latitude} ${longitude}`);
});

for (const text of ["", "hello", "https://example.com/?ll=1,2", "https://maps.apple.com/", "91,10", "10,181", "https://amap.com.evil.example/?q=1,2",
  "https://notamap.com/?q=1,2", "https://[amap.com/?q=1,2"]) {
  test(`nothing in ${JSON.stringify(text)}`, () => assert.equal(placeOf(text), null));
}

test("places sent before are found by a piece of their names, each once, the last first", () => {
  const one = { label: "北京店", latitude: 1, longitude: 2 };
  const two = { label: "上海店", latitude: 3, longitude: 4 };
  assert.deepEqual(remembered([one, two], { ...two, latitude: 5 }), [{ ...two, latitude: 5 }, one]);
  assert.deepEqual(search([one, two], "上海"), [two]);
  assert.deepEqual(search([one, { label: "Shop B" }], " shop"), [{ label: "Shop B" }]);
  assert.equal(remembered([one, two], { label: "三" }, 2).length, 2);
});

test("a name is as long as the server takes it", () => {
  assert.equal(placeOf(`https://maps.apple.com/?ll=1,2&q=${"店".repeat(101)}`).label.length, 100);
});
