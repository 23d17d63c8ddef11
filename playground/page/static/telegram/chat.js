// One chat, or one topic of it: its head, its messages, and the place to write.
import { useEffect, useState } from "preact/hooks";
import { html } from "../html.js";
import { useStickToEnd } from "../parts/scroll.js";
import { Head } from "./head.js";
import { Topics } from "./topics.js";
import { Message } from "./message.js";
import { Draft } from "./draft.js";
import { Bottom } from "./bottom.js";
import { usePresses } from "./presses.js";
import { useLiveText } from "./text.js";

export function Chat({ chat, act, tell, say, me, go }) {
  // What the next message is for: { kind: "reply" | "edit", message }, or nothing.
  const [aim, setAim] = useState(null);
  const stick = useStickToEnd(`${chat.id} ${chat.thread}`);
  const post = (text, replyTo = null) =>
    act("telegram.post", { chat: chat.id, thread: chat.thread, text, reply_to: replyTo }).then((place) => {
      if (place.thread !== chat.thread) go(place.chat, place.thread);
    });
  const runCommand = (command) => {
    const named = chat.private || command.includes("@") ? command : `${command}@${chat.bot.username}`;
    tell(post(named));
  };
  const presses = usePresses(chat, act, tell, say);
  const live = useLiveText(runCommand, presses.press);
  const still = aim && chat.messages.some(({ id }) => id === aim.message.id);
  useEffect(() => { if (aim && !still) setAim(null); }, [still]);

  return html`
    <div class="tg-chat">
      <${Head} chat=${chat} act=${act} tell=${tell} go=${go} />
      ${chat.topics && html`<${Topics} chat=${chat} act=${act} tell=${tell} go=${go} />`}
      <div class="tg-log" role="log" aria-label=${`Messages in ${chat.name}`} tabindex="0" ...${stick} ...${live}>
        ${chat.messages.length === 0 && html`<p class="tg-empty">${emptyLine(chat)}</p>`}
        ${chat.messages.map(
          (message) => html`<${Message} key=${message.id} message=${message} chat=${chat} act=${act} tell=${tell} presses=${presses} go=${go} setAim=${setAim} />`,
        )}
        ${chat.drafts.map((draft) => html`<${Draft} key=${`draft ${draft.thread}`} draft=${draft} chat=${chat} act=${act} tell=${tell} />`)}
      </div>
      ${presses.alert}
      <${Bottom} chat=${chat} aim=${still ? aim : null} setAim=${setAim} post=${post} act=${act} tell=${tell} me=${me} />
    </div>`;
}

function emptyLine(chat) {
  if (!chat.private) return "Nobody has written here yet.";
  return chat.started ? "No messages here." : "What can this bot do? Press Start to find out.";
}
