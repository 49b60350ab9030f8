"""Python as it is written first: fetch the table, post it batch by batch."""
import json
import os

import psycopg2
import psycopg2.extras
import requests

from people import identify

url = os.environ["URL"] + "/v1/batch"
auth = (os.environ["WRITE_KEY"], "")

connection = psycopg2.connect("")
cursor = connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor)
cursor.execute("SELECT * FROM " + os.environ["TABLE"])
rows = cursor.fetchall()
for start in range(0, len(rows), 500):
    batch = [identify(row) for row in rows[start : start + 500]]
    answer = requests.post(
        url,
        data=json.dumps({"batch": batch}, default=str),
        headers={"Content-Type": "application/json"},
        auth=auth,
        timeout=30,
    )
    answer.raise_for_status()
