// What can be put between words: WeChat's own faces, written as [name], and emoji.

import { make } from "./net.js";

export const EMOJIS = "😀 😄 😊 😉 😍 😅 😂 🤔 😢 😭 😡 👍 👌 🙏 👏 💪 🌹 🎉 ❤️ ✅ ❌ ⏰ 📦 🚚".split(" ");
// In the form that WeChat shows as a face to every customer.
export const FACES = "微笑 呲牙 愉快 憨笑 偷笑 害羞 得意 色 调皮 惊讶 流泪 大哭 难过 委屈 抓狂 发怒 尴尬 疑问 抱拳 握手 强 OK 玫瑰 爱心 拥抱 再见".split(" ");

const button = (piece, className) => make("li", {}, make("button", { type: "button", className, textContent: piece, title: piece, data: { piece } }));

export function fill(root) {
  root.querySelector(".wechat-faces")?.replaceChildren(...FACES.map((one) => button(`[${one}]`, "face")));
  root.querySelector(".emojis")?.replaceChildren(...EMOJIS.map((one) => button(one, "emoji")));
}
