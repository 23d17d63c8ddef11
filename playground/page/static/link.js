// The WebSocket to the playground: parts of the page come in, actions go out. It reconnects by itself.

const RECONNECT_AFTER = 500;

export class Link {
  constructor(person, onPart, onState) {
    this.person = person;
    this.onPart = onPart;
    this.onState = onState;
    this.waiting = new Map();
    this.next = 1;
    this.connect();
  }

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}/ws?person=${encodeURIComponent(this.person)}`);
    this.socket.onopen = () => this.onState(true);
    this.socket.onmessage = ({ data }) => this.take(JSON.parse(data));
    this.socket.onclose = () => this.lost();
  }

  take(message) {
    if (this.closed) return;
    if (message.part) {
      this.onPart(message.part, message.data);
      return;
    }
    const { resolve, reject } = this.waiting.get(message.id) ?? {};
    this.waiting.delete(message.id);
    if ("error" in message) reject?.(new Error(message.error));
    else resolve?.(message.result);
  }

  lost() {
    if (!this.closed) this.onState(false); // one that was left for another person has no more to say
    for (const { reject } of this.waiting.values()) reject(new Error("The playground does not answer."));
    this.waiting.clear();
    if (!this.closed) setTimeout(() => this.connect(), RECONNECT_AFTER);
  }

  // Gives what the action gives; rejects with the sentence that says why it cannot be done.
  act(name, args = {}) {
    return new Promise((resolve, reject) => {
      if (this.socket.readyState !== WebSocket.OPEN) {
        reject(new Error("The playground does not answer."));
        return;
      }
      const id = this.next++;
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, do: name, args }));
    });
  }

  close() {
    this.closed = true;
    this.socket.close();
  }
}
