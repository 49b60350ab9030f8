// Node with care: a cursor on the server, kept connections, four requests at a time.
const { Client } = require('pg');
const Cursor = require('pg-cursor');
const { Pool } = require('undici');
const { identify, headers } = require('./people');

async function main() {
  const client = new Client();
  await client.connect();
  const cursor = client.query(new Cursor('SELECT * FROM ' + process.env.TABLE));
  const pool = new Pool(process.env.URL, { connections: 4 });
  const busy = new Set();

  async function send(batch) {
    const answer = await pool.request({
      path: '/v1/batch',
      method: 'POST',
      headers,
      body: JSON.stringify({ batch }),
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`HTTP ${answer.statusCode}`);
  }

  for (;;) {
    const rows = await cursor.read(500);
    if (rows.length === 0) break;
    const one = send(rows.map(identify)).then(() => busy.delete(one));
    busy.add(one);
    if (busy.size >= 8) await Promise.race(busy);
  }
  await Promise.all(busy);
  await pool.close();
  await client.end();
}

main();
