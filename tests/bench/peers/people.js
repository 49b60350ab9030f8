// A row of the table as an identify event; for plain.js and cursor.js.
const { randomUUID } = require('node:crypto');

exports.identify = (row) => ({
  type: 'identify',
  messageId: randomUUID(),
  userId: row.id,
  traits: {
    uid: row.uid,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    mrr: Number(row.mrr),
    score: row.score,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    active: row.active,
    note: row.note,
    prefs: row.prefs,
  },
});

exports.headers = {
  'content-type': 'application/json',
  authorization: 'Basic ' + Buffer.from(process.env.WRITE_KEY + ':').toString('base64'),
};
