"""The Python services as they use the database: psycopg2, a new connection for every statement, the statements of database_utils.

    services.py clone               reads "stop" from stdin at the end; prints how many requests it completed and how many came too late
    services.py generate LINES      creates a video and its requests in one transaction, waits for them, prints the audio paths in order
    services.py complete ID PATH    prints the number of rows that changed; so do the next three
    services.py store ID PATH
    services.py fail ID MESSAGE
    services.py start ID
"""
import os
import sys
import threading
import time
import uuid

import psycopg2

POLL_SECONDS = 0.05


def connect():
    return psycopg2.connect(
        host=os.environ["POSTGRES_HOST"],
        port=os.environ["POSTGRES_PORT"],
        user=os.environ["POSTGRES_USER"],
        password=os.environ.get("POSTGRES_PASSWORD"),
        dbname=os.environ["DATABASE_NAME"],
    )


def run(statement, parameters=()):
    """One statement on a connection of its own; its rows, or how many rows it changed."""
    connection = connect()
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else cursor.rowcount
    finally:
        connection.close()


def pending():
    return run(
        """
        SELECT v.*, vm.voice_file, vm.voice_id AS mapping_voice_id
        FROM voices v LEFT JOIN voice_mappings vm ON v.voice_mapping_id = vm.id
        WHERE v.status = 'pending' ORDER BY v.created_at
        """
    )


def start(voice):
    return run("UPDATE voices SET status = 'processing', processing_started_at = NOW() WHERE id = %s AND status = 'pending'", (voice,))


def complete(voice, path):
    return run("UPDATE voices SET status = 'completed', output_audio_path = %s, processing_completed_at = NOW() WHERE id = %s", (path, voice))


def store(voice, path):
    return run(
        """
        UPDATE voices SET status = 'completed', output_audio_path = %s, is_local_storage = FALSE, remote_storage_path = %s,
            processing_completed_at = NOW() WHERE id = %s
        """,
        (path, "s3:/" + path, voice),
    )


def fail(voice, message):
    return run("UPDATE voices SET status = 'failed', error_message = %s WHERE id = %s", (message, voice))


def clone():
    stopped = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), stopped.set()), daemon=True).start()
    completed = late = 0
    print("ready", flush=True)
    while not stopped.is_set():
        for row in pending():
            if stopped.is_set():
                break
            if start(row[0]) == 1:
                completed += complete(row[0], f"/python/{row[0]}.wav")
            else:
                late += 1
        time.sleep(POLL_SECONDS)
    print(completed, late, flush=True)


def generate(lines):
    video = str(uuid.uuid4())
    run("INSERT INTO videos (id, title, status) VALUES (%s, %s, 'processing')", (video, "From Python"))
    connection = connect()
    with connection, connection.cursor() as cursor:
        for line in range(lines):
            cursor.execute(
                """
                INSERT INTO voices (id, video_id, voice_mapping_id, character_name, text_content, status)
                VALUES (%s, %s, (SELECT id FROM voice_mappings WHERE voice_id = 'aluno'), 'aluno', %s, 'pending')
                """,
                (str(uuid.uuid4()), video, str(line)),
            )
    connection.close()
    print("created", flush=True)
    while True:
        total, completed = run("SELECT COUNT(*), COUNT(CASE WHEN status = 'completed' THEN 1 END) FROM voices WHERE video_id = %s", (video,))[0]
        if total > 0 and completed == total:
            break
        time.sleep(POLL_SECONDS)
    for path, text in run("SELECT output_audio_path, text_content FROM voices WHERE video_id = %s AND status = 'completed' ORDER BY created_at", (video,)):
        print(text, path, flush=True)


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "clone":
        clone()
    elif command == "generate":
        generate(int(arguments[0]))
    else:
        print({"complete": complete, "store": store, "fail": fail, "start": start}[command](*arguments), flush=True)
