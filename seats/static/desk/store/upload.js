// A file on its way: how much of it has gone, and giving up on a line that carries nothing any more.

const PATIENCE = 30000; // milliseconds in which something must move
const ANSWER = 120000; // until the server, which has all of it, must answer

/**
 * Send a form and resolve to { status, text }; reject without a connection, on `signal`, and where nothing moves any more.
 * `moved(share)` is told how much has gone, from 0 to 1.
 */
export function upload(address, form, { headers = {}, signal, moved = () => {}, request = new XMLHttpRequest(), patience = PATIENCE, answer = ANSWER } = {}) {
  return new Promise((done, lost) => {
    let timer;
    const give = (up) => { clearTimeout(timer); up(); };
    const wait = (milliseconds) => { clearTimeout(timer); timer = setTimeout(() => request.abort(), milliseconds); };
    request.open("POST", address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => { wait(patience); if (total) moved(loaded / total); };
    request.upload.onload = () => { moved(1); wait(answer); };
    request.onload = () => give(() => done({ status: request.status, text: request.responseText }));
    request.onerror = request.onabort = () => give(() => lost(new Error("no connection")));
    if (signal?.aborted) { lost(new Error("no connection")); return; }
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    wait(patience);
    request.send(form);
  });
}
