// Node at its best: PostgreSQL makes the events, the script only cuts the stream into batches.
const { Client } = require('pg');
const { to: copyTo } = require('pg-copy-streams');
const { createInterface } = require('node:readline');
const { Pool } = require('undici');
const { headers } = require('./people');

const events = `COPY (
  SELECT json_build_object('type', 'identify', 'messageId', gen_random_uuid(), 'userId', id::text,
    'traits', json_build_object('uid', uid, 'email', email, 'firstName', first_name, 'lastName', last_name,
      'mrr', mrr, 'score', score, 'createdAt', created_at, 'updatedAt', updated_at, 'active', active,
      'note', note, 'prefs', prefs))
  FROM ${process.env.TABLE}) TO STDOUT`;

async function main() {
  const client = new Client();
  await client.connect();
  const pool = new Pool(process.env.URL, { connections: 4 });
  const busy = new Set();
  let batch = [];

  async function send(body) {
    const answer = await pool.request({ path: '/v1/batch', method: 'POST', headers, body });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`HTTP ${answer.statusCode}`);
  }

  async function flush() {
    const body = '{"batch":[' + batch.join(',') + ']}';
    batch = [];
    const one = send(body).then(() => busy.delete(one));
    busy.add(one);
    if (busy.size >= 8) await Promise.race(busy);
  }

  const lines = createInterface({ input: client.query(copyTo(events)) });
  for await (const line of lines) {
    batch.push(line.includes('\\') ? line.replaceAll('\\\\', '\\') : line); // COPY doubles them
    if (batch.length === 500) await flush();
  }
  if (batch.length > 0) await flush();
  await Promise.all(busy);
  await pool.close();
  await client.end();
}

main();
