// The head of a chat: its name, who is there, and what can be done with the bot.
import { html } from "../html.js";
import { MenuButton } from "../parts/menu.js";

export function Head({ chat, act, tell }) {
  const standing = (to) => () => tell(act("telegram.set_standing", { chat: chat.id, standing: to }));
  const items = chat.private ? privateItems(chat, act, tell) : groupItems(chat.bot.standing, standing);
  return html`
    <header class="tg-head">
      <div>
        <h2>${chat.name}</h2>
        <p class="tg-about" role="status">${chat.typing ? html`<span class="tg-typing">typing…</span>` : chat.about}</p>
        ${!chat.private && html`<p class="tg-privacy">${privacyLine(chat)}</p>`}
      </div>
      <${MenuButton} label="Chat actions" items=${items}>⋮<//>
    </header>`;
}

function privacyLine({ bot, privacy }) {
  if (["left", "kicked"].includes(bot.standing)) return "The bot is not in this group.";
  return privacy
    ? "The bot sees messages that mention it, replies to it, and commands."
    : "The bot sees every message here.";
}

function privateItems(chat, act, tell) {
  return chat.blocked
    ? [{ label: "Unblock the bot", choose: () => tell(act("telegram.unblock", { chat: chat.id })) }]
    : [{ label: "Block the bot", danger: true, choose: () => tell(act("telegram.block", { chat: chat.id })) }];
}

function groupItems(now, to) {
  if (now === "left" || now === "kicked") return [{ label: "Add the bot", choose: to("member") }];
  const rank = now === "administrator"
    ? { label: "Make the bot a member", hint: "Privacy mode applies again", choose: to("member") }
    : { label: "Make the bot administrator", hint: "It then sees every message", choose: to("administrator") };
  return [rank, { label: "Remove the bot", danger: true, choose: to("out") }];
}
