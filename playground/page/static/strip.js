// What a developer wants to see: how far the screen is behind the model, budgets, refusals, and switches for trouble.
import { useState } from "preact/hooks";
import { html } from "./html.js";

const TROUBLES = [
  ["rate_limits", "Tight rate limits", "Both platforms allow a fifth of what they really do"],
  ["outage", "Outage for 10 s", "Both platforms answer every call with an error"],
  ["duplicates", "Duplicate deliveries", "Every event and update comes twice"],
  ["lost_connection", "Lost connection", "Sockets and polls break off every 3 s"],
  ["slow_model", "Slow model", "About three words a second"],
];

export function Strip({ data, act, tell }) {
  const [open, setOpen] = useState(() => localStorage.strip !== "closed");
  const toggle = () => {
    localStorage.strip = open ? "closed" : "open";
    setOpen(!open);
  };
  return html`
    <footer class="strip" aria-label="For developers">
      <div class="strip-head">
        <${Lag} lag=${data.lag} />
        <${Troubles} on=${data.trouble} act=${act} tell=${tell} />
        <button type="button" class="strip-toggle" aria-expanded=${open} aria-controls="strip-body" onClick=${toggle}>
          ${open ? "Hide calls" : "Show calls"}
        </button>
      </div>
      ${open &&
      html`<div class="strip-body" id="strip-body">
        <${Budgets} budgets=${data.budgets} />
        <${Refusals} refusals=${data.refusals} />
      </div>`}
    </footer>`;
}

const seconds = (value) => (value === null ? "–" : `${value.toFixed(1)} s`);

function Lag({ lag }) {
  return html`
    <dl class="lag" aria-label="Screen behind the model">
      <div class="lag-now"><dt>Screen behind the model</dt><dd>${seconds(lag.now)}</dd></div>
      <div><dt>mean</dt><dd>${seconds(lag.mean)}</dd></div>
      <div><dt>worst</dt><dd>${seconds(lag.worst)}</dd></div>
      <div><dt title="From the model's last word to the whole answer on the screen">last answer whole after</dt><dd>${seconds(lag.late)}</dd></div>
    </dl>`;
}

function Troubles({ on, act, tell }) {
  return html`
    <fieldset class="troubles">
      <legend class="visually-hidden">Trouble</legend>
      ${TROUBLES.map(
        ([name, label, hint]) => html`
          <button type="button" role="switch" key=${name} aria-checked=${on[name]} title=${hint}
            onClick=${() => tell(act("trouble.set", { name, on: !on[name] }))}>${label}</button>`,
      )}
    </fieldset>`;
}

function Budgets({ budgets }) {
  return html`
    <section class="budgets" aria-label="Calls against their budgets" tabindex="0">
      ${budgets.length === 0 && html`<p class="quiet">No calls lately.</p>`}
      <ul>
        ${budgets.map((budget) => html`<${Budget} key=${`${budget.platform} ${budget.what} ${budget.where} ${budget.seconds}`} ...${budget} />`)}
      </ul>
    </section>`;
}

function Budget({ platform, what, where, used, most, seconds: span, closed }) {
  const full = closed > 0 || (most > 1 && used >= most); // one call at a time is a pace, not a budget that is used up
  return html`
    <li class=${full ? "full" : ""}>
      <span class="budget-name"><b>${platform}</b> ${what} · ${where}</span>
      <meter min="0" max=${most} high=${most * 0.8} value=${Math.min(used, most)} aria-label=${`${platform} ${what} ${where}`}></meter>
      <span class="budget-count">${used} of ${most} in ${span === 60 ? "1 min" : `${span} s`}${closed > 0 && ` · closed ${closed} s`}</span>
    </li>`;
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function Refusals({ refusals }) {
  return html`
    <section class="refusals" aria-label="Refused calls" tabindex="0">
      ${refusals.length === 0 && html`<p class="quiet">No call was refused.</p>`}
      <ul>
        ${refusals.map(
          ({ platform, method, error, time, early }) => html`
            <li key=${`${time} ${method}`}>
              <time>${TIME.format(new Date(time * 1000))}</time> <b>${platform}</b> ${method}: <span>${error}</span>
              ${early && html` <em>(asked too early)</em>`}
            </li>`,
        )}
      </ul>
    </section>`;
}
