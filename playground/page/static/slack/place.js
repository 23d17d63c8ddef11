// A channel, or one of the app's own tabs.
import { html } from "../html.js";
import { Composer } from "../parts/composer.js";
import { Messages } from "./messages.js";
import { Parts } from "./blocks.js";
import { Busy } from "./busy.js";

export function Place({ slack }) {
  const { place } = slack.data;
  const name = place.app ? place.name : `#${place.name}`;
  return html`
    <div class="slack-place">
      <header class="slack-head">
        <h2>${name}</h2>
        ${place.app && html`<${Tabs} slack=${slack} />`}
      </header>
      ${place.tab === "home" ? html`<${Home} slack=${slack} />` : html`<${Timeline} slack=${slack} name=${name} />`}
    </div>`;
}

function Tabs({ slack }) {
  const { place } = slack.data;
  const labels = { messages: "Messages", home: "Home" };
  const keys = (event) => {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const next = event.currentTarget.querySelector("[aria-selected=false]");
      next?.focus();
      next?.click();
    }
  };
  return html`
    <div class="slack-tabs" role="tablist" aria-label=${`${place.name} tabs`} onKeyDown=${keys}>
      ${place.tabs.map((id) => html`
        <button type="button" role="tab" key=${id} aria-selected=${place.tab === id} tabindex=${place.tab === id ? 0 : -1}
          onClick=${() => slack.open(place.id, id)}>${labels[id]}</button>`)}
    </div>`;
}

function Timeline({ slack, name }) {
  const { place, offers } = slack.data;
  const post = (text) => {
    slack.willFocus();
    return slack.act("slack.post", { channel: place.id, text });
  };
  return html`
    <${Messages} slack=${slack} label=${`Messages in ${name}`} messages=${place.messages} place=${place.id}>
      ${place.messages.length === 0 && html`<p class="slack-empty">${place.app
        ? "Each message here begins a chat of its own."
        : `This is the very beginning of ${name}.`}</p>`}
      ${place.prompts?.length > 0 && html`
        <ul class="slack-prompts" aria-label="Suggested prompts">
          ${place.prompts.map(({ title, message }) => html`
            <li key=${title}><button type="button" title=${message} onClick=${() => slack.tell(post(message))}>${title}</button></li>`)}
        </ul>`}
    <//>
    ${!place.here && html`
      <p class="slack-banner">Threadline is not in this channel.${" "}
        <${Busy} work=${() => slack.tell(slack.act("slack.invite", { channel: place.id }))}>Add it<//>
      </p>`}
    ${place.closed
      ? html`<p class="slack-banner">Sending messages to this app has been turned off.</p>`
      : html`<${Composer} label=${`Message ${name}`} placeholder=${`Message ${name}`} offers=${offers} onSend=${post}
          keep=${`slack ${slack.me} ${place.id}`} />`}`;
}

function Home({ slack }) {
  const { home } = slack.data.place;
  const press = (action, value) => slack.act("slack.press_in_view", { view: home.id, action, value });
  return html`
    <div class="slack-home" role="tabpanel" aria-label="Home">
      ${home ? html`<${Parts} parts=${home.parts} press=${press} slack=${slack} />` : html`<p class="slack-empty">There is nothing here yet.</p>`}
    </div>`;
}
