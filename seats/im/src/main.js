// Tencent's SDK and UI, logged in as one seat.

import LiteChat from "@tencentcloud/lite-chat/basic";
import { StoreName, TUIStore, TUITranslateService } from "@tencentcloud/chat-uikit-engine-lite";
import { TUILogin } from "@tencentcloud/tui-core-lite";
import { createApp } from "vue";
import App from "./App.vue";

const QUIET = 1; // the SDK's level for production: at 0 it writes the UserSig to the console

/**
 * Mount the client in `root` and log in. `greeting` stands where no chat is open. `onPeer` gets the IM account whose chat is open, "" for none; `onKicked` why the
 * client was logged out by Tencent. Rejects where the login fails.
 */
export async function start(root, { sdkAppId, userId, userSig, language, greeting, onPeer, onKicked }) {
  TUITranslateService.changeLanguage(language);
  // The kit's own login takes this same instance: there is one for each app.
  const chat = LiteChat.create({ SDKAppID: sdkAppId });
  chat.setLogLevel(QUIET);
  chat.on(LiteChat.EVENT.KICKED_OUT, (event) => onKicked(event.data.type));
  createApp(App, { greeting }).mount(root);
  // Its menu would start chats with anybody of the app, and groups: a seat's chats are its customers', who come by themselves.
  TUIStore.update(StoreName.CUSTOM, "isShowConversationHeader", false);
  TUIStore.watch(StoreName.CONV, {
    currentConversationID: (id) => onPeer(id?.startsWith("C2C") ? id.slice(3) : ""),
  });
  await TUILogin.login({ SDKAppID: sdkAppId, userID: userId, userSig, useUploadPlugin: true, framework: "vue3" });
}
