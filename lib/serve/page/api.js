// Requests to the server that this page came from.

/** Called when the server wants a key. */
let locked = () => {};
export const whenLocked = (then) => (locked = then);

let key = '';
export const setKey = (text) => (key = text);

export async function request(path, body, signal) {
  const response = await fetch(path, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: body && JSON.stringify(body),
    signal,
  });
  if (response.ok) return response;
  if (response.status === 401) locked();
  const { error } = await response.json().catch(() => ({ error: response.statusText }));
  throw new Error(error?.message ?? error);
}

export const json = async (path, body) => (await request(path, body)).json();

/** Objects of server-sent events. */
export async function* events(path, body, signal) {
  const { body: stream } = await request(path, body, signal);
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const data = part.replace(/^data: /, '');
      if (data === '[DONE]') return;
      const event = JSON.parse(data);
      if (event.error) throw new Error(event.error.message);
      yield event;
    }
  }
}
