// Endpoints and deliveries of one customer. All that comes from others is set as text, never as markup.
'use strict';

const find = (selector) => document.querySelector(selector);
const say = (text) => { find('#status').textContent = text; };
let token = '';

/** Asks the carrier; the answer's JSON, or what went wrong. */
async function ask(path, method = 'GET', body = undefined) {
  const headers = { authorization: `Bearer ${token}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  const value = text ? JSON.parse(text) : {};
  if (!answer.ok) throw new Error(value.detail ?? `the carrier answered ${answer.status}`);
  return value;
}

/** A row of cells, each a text or a node. */
function row(cells) {
  const line = document.createElement('tr');
  for (const cell of cells) {
    const place = document.createElement('td');
    place.append(cell);
    line.append(place);
  }
  return line;
}

function button(text, act) {
  const made = document.createElement('button');
  made.textContent = text;
  made.addEventListener('click', () => attempt(act));
  return made;
}

/** What can be done with an endpoint. */
function actions({ id, enabled }) {
  const path = `/subscriptions/${encodeURIComponent(id)}`;
  const group = document.createElement('span');
  group.append(
    button('Test', () => ask(`${path}/test`, 'POST')),
    button(enabled ? 'Disable' : 'Enable', () => ask(path, 'PATCH', { enabled: !enabled })),
    button('Remove', () => ask(path, 'DELETE')),
  );
  return group;
}

async function show() {
  const { subscriptions } = await ask('/subscriptions');
  const listed = await Promise.all(subscriptions.map(async (endpoint) => {
    const { deliveries } = await ask(`/subscriptions/${encodeURIComponent(endpoint.id)}/deliveries`);
    return deliveries.map((delivery) => ({ ...delivery, url: endpoint.url }));
  }));
  find('#endpoints tbody').replaceChildren(...subscriptions.map((endpoint) => row([
    endpoint.url,
    endpoint.types.join(', ') || 'all',
    endpoint.enabled ? (endpoint.ordered ? 'in order' : 'on') : 'off',
    actions(endpoint),
  ])));
  const deliveries = listed.flat().sort((one, other) => other.at - one.at);
  find('#deliveries tbody').replaceChildren(...deliveries.map((delivery) => {
    const { at, url, event, attempt, status, response, milliseconds } = delivery;
    const taken = status >= 200 && status < 300;
    const line = row([new Date(at).toISOString(), url, event, String(attempt),
      `${status || 'none'}${response ? ` ${response}` : ''}`, `${milliseconds} ms`]);
    line.className = taken ? 'taken' : 'failed';
    return line;
  }));
  find('#shown').hidden = false;
  say(`${subscriptions.length} endpoints, ${deliveries.length} deliveries`);
}

/** Does something, then shows how things are; says what went wrong. */
async function attempt(act) {
  try {
    await act();
    await show();
  } catch (error) {
    say(error.message);
  }
}

find('#enter').addEventListener('submit', (event) => {
  event.preventDefault();
  token = find('#token').value;
  attempt(async () => {});
});

find('#add').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(async () => {
    const made = await ask('/subscriptions', 'POST', { url: find('#url').value, ordered: find('#ordered').checked });
    find('#secret code').textContent = made.secret;
    find('#secret').hidden = false;
    find('#url').value = '';
  });
});

setInterval(() => { if (!find('#shown').hidden) attempt(async () => {}); }, 2000);
