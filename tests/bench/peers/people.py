"""A row of the table as an identify event; for plain.py and threads.py."""
from uuid import uuid4


def identify(row):
    return {
        "type": "identify",
        "messageId": str(uuid4()),
        "userId": str(row["id"]),
        "traits": {
            "uid": row["uid"],
            "email": row["email"],
            "firstName": row["first_name"],
            "lastName": row["last_name"],
            "mrr": row["mrr"],
            "score": row["score"],
            "createdAt": row["created_at"].isoformat(),
            "updatedAt": row["updated_at"].isoformat(),
            "active": row["active"],
            "note": row["note"],
            "prefs": row["prefs"],
        },
    }
