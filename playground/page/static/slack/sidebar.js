// The workspace, its channels, the app, and the app's global shortcuts.
import { html } from "../html.js";
import { MenuButton } from "../parts/menu.js";

export function Sidebar({ slack }) {
  const { data, act, tell } = slack;
  const shortcuts = data.shortcuts
    .filter(({ kind }) => kind === "global")
    .map(({ name, note, callback }) => ({ label: name, hint: note, choose: () => tell(act("slack.shortcut", { callback })) }));
  return html`
    <nav class="slack-sidebar" aria-label="Slack places">
      <div class="slack-workspace">
        <strong>${data.workspace}</strong>
        ${shortcuts.length > 0 && html`<${MenuButton} label="Shortcuts" items=${shortcuts} className="to-right">⚡<//>`}
      </div>
      <${Places} title="Channels" places=${data.channels.filter(({ app }) => !app)} slack=${slack} />
      <${Places} title="Apps" places=${data.channels.filter(({ app }) => app)} slack=${slack} />
    </nav>`;
}

const Places = ({ title, places, slack }) => html`
  <h2>${title}</h2>
  <ul>
    ${places.map(({ id, name, app, unread }) => {
      const here = slack.data.place.id === id;
      return html`
        <li key=${id}>
          <button type="button" class=${unread ? "unread" : ""} aria-current=${here ? "page" : null}
            aria-label=${`${app ? name : `#${name}`}${unread ? ", unread" : ""}`}
            onClick=${() => slack.open(id)}>
            <span aria-hidden="true">${app ? "✦" : "#"}</span> ${name}
          </button>
        </li>`;
    })}
  </ul>`;
