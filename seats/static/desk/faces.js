// What can be put between words: WeChat's own faces, written as [name], and emoji. Those used last stand first.

import { make } from "./net.js";

export const EMOJIS = "😀 😄 😊 😉 😍 😅 😂 🤔 😢 😭 😡 👍 👌 🙏 👏 💪 🌹 🎉 ❤️ ✅ ❌ ⏰ 📦 🚚".split(" ");
// In the form that WeChat shows as a face to every customer; the usual ones first. The same names as bridge/platforms/wechat/faces.py.
export const FACES = (
  "微笑 呲牙 愉快 憨笑 偷笑 害羞 得意 色 调皮 惊讶 流泪 大哭 难过 委屈 抓狂 发怒 尴尬 疑问 抱拳 握手 强 OK 玫瑰 爱心 拥抱 再见 " +
  "撇嘴 发呆 闭嘴 睡 酷 冷汗 吐 白眼 傲慢 饥饿 困 惊恐 流汗 悠闲 奋斗 咒骂 嘘 晕 疯了 衰 骷髅 敲打 擦汗 抠鼻 鼓掌 糗大了 " +
  "坏笑 左哼哼 右哼哼 哈欠 鄙视 快哭了 阴险 亲亲 吓 可怜 菜刀 西瓜 啤酒 篮球 乒乓 咖啡 饭 猪头 凋谢 嘴唇 心碎 蛋糕 闪电 炸弹 刀 足球 " +
  "瓢虫 便便 月亮 太阳 礼物 弱 胜利 勾引 拳头 差劲 爱你 NO 爱情 飞吻 跳跳 发抖 怄火 转圈 磕头 回头 跳绳 投降 激动 街舞 献吻 左太极 " +
  "右太极"
).split(" ");
const KEY = "faces";
const LATEST = 8;

const button = (piece, className) => make("li", {}, make("button", { type: "button", className, textContent: piece, title: piece, data: { piece } }));
const drawn = (piece) => button(piece, piece.startsWith("[") ? "face" : "emoji");

/** Fill the palette; `keep` holds what this user has used. */
export function fill(root, keep) {
  const latest = keep.get(KEY, []);
  root.querySelector(".latest")?.replaceChildren(...latest.map(drawn));
  root.querySelector(".latest-head")?.toggleAttribute("hidden", !latest.length);
  root.querySelector(".wechat-faces")?.replaceChildren(...FACES.map((one) => drawn(`[${one}]`)));
  root.querySelector(".emojis")?.replaceChildren(...EMOJIS.map(drawn));
}

/** Note that a piece was used. */
export function used(piece, keep) {
  keep.set(KEY, [piece, ...keep.get(KEY, []).filter((one) => one !== piece)].slice(0, LATEST));
}
