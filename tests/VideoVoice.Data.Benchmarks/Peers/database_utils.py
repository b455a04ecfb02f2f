"""The Python services' way: a new connection for every statement, each service a process of its own."""
import argparse
import json
import multiprocessing
import platform
import sys
import time
import uuid
from datetime import datetime

import psycopg2

BATCH = 1000
VIDEO = str(uuid.uuid4())
CHARACTER, TEXT = "aluno", "Professora, pode explicar de novo a segunda parte?"

INSERT = """INSERT INTO voices (id, video_id, voice_mapping_id, character_name, text_content, status)
    VALUES (%s, %s, %s, %s, %s, 'pending')"""
PENDING = """SELECT v.*, vm.voice_file, vm.voice_id AS mapping_voice_id FROM voices v
    LEFT JOIN voice_mappings vm ON v.voice_mapping_id = vm.id WHERE v.status = 'pending' ORDER BY v.created_at"""
START = "UPDATE voices SET status = 'processing', processing_started_at = %s WHERE id = %s AND status = 'pending'"
COMPLETE = "UPDATE voices SET status = 'completed', output_audio_path = %s, processing_completed_at = %s WHERE id = %s"


class Services:
    def __init__(self, uri):
        self.uri = uri

    def connected(self, use):
        connection = psycopg2.connect(self.uri)
        try:
            with connection, connection.cursor() as cursor:
                return use(cursor)
        finally:
            connection.close()

    def execute(self, statement, parameters=()):
        def use(cursor):
            cursor.execute(statement, parameters)
            return cursor.rowcount
        return self.connected(use)

    def query(self, statement, parameters=()):
        def use(cursor):
            cursor.execute(statement, parameters)
            return cursor.fetchall()
        return self.connected(use)

    def voice(self, mapping):
        return str(uuid.uuid4()), VIDEO, mapping, CHARACTER, TEXT

    # The works. Each returns how many jobs it has done; 0 ends its client.

    def create_one(self, mapping):
        return self.execute(INSERT, self.voice(mapping))

    def create_many(self, mapping, jobs=BATCH):
        """The generator's way: one connection and one transaction, a statement for each line."""
        def use(cursor):
            for _ in range(jobs):
                cursor.execute(INSERT, self.voice(mapping))
            return jobs
        return self.connected(use)

    def complete(self, voice_id):
        if self.execute(START, (datetime.now(), voice_id)) == 0:
            return 0
        return self.execute(COMPLETE, (f"audio/{voice_id}.wav", datetime.now(), voice_id))

    def cycle_one(self, _):
        """Selects all that is pending and takes the first that nobody else has taken meanwhile."""
        while pending := self.query(PENDING):
            for row in pending:
                if done := self.complete(row[0]):
                    return done
        return 0

    def cycle_listed(self, _):
        """Selects all that is pending and works through the list."""
        while pending := self.query(PENDING):
            if done := sum(self.complete(row[0]) for row in pending):
                return done
        return 0

    def count(self, status):
        return self.query("SELECT count(*) FROM voices WHERE status = %s", (status,))[0][0]


def client(uri, work, mapping, video, seconds, gate, counts):
    global VIDEO
    VIDEO = video
    services, done = Services(uri), 0
    call = {"enqueue-one": services.create_one, "enqueue-1000": services.create_many,
            "cycle-one": services.cycle_one, "cycle-batched": services.cycle_listed}[work]
    gate.wait()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        step = call(mapping)
        if step == 0:
            break
        done += step
    counts.put(done)


def in_turns(options, mapping, seconds):
    """Runs the clients as processes; the sum of their counts, and the time from their common start until the last one ended."""
    counts, gate = multiprocessing.Queue(), multiprocessing.Barrier(options.clients + 1)
    clients = [multiprocessing.Process(target=client, daemon=True, args=(options.connection, options.work, mapping, VIDEO, seconds, gate, counts))
               for _ in range(options.clients)]
    for process in clients:
        process.start()
    gate.wait(60)
    start = time.monotonic()
    limit = start + options.seconds + 300
    operations, running = 0, len(clients)
    while running:
        if any(process.exitcode not in (None, 0) for process in clients) or time.monotonic() > limit:
            sys.exit("A client failed or did not end.")
        while not counts.empty():
            operations += counts.get()
            running -= 1
        time.sleep(0.001)
    return operations, time.monotonic() - start


def same(what, actual, expected):
    if actual != expected:
        sys.exit(f"{what}: {actual} in the database, {expected} counted.")


def run(options, services):
    mapping = services.query("SELECT id FROM voice_mappings WHERE voice_id = %s", (CHARACTER,))
    mapping = mapping[0][0] if mapping else None
    services.execute("INSERT INTO videos (id, title) VALUES (%s, 'Benchmark')", (VIDEO,))
    if options.work.startswith("enqueue"):
        operations, seconds = in_turns(options, mapping, options.seconds)
        same("pending voices", services.count("pending"), operations)
        return operations, seconds

    for start in range(0, options.count, BATCH):
        services.create_many(mapping, min(BATCH, options.count - start))
    services.execute("ANALYZE voices")
    batched = options.work == "cycle-batched"
    operations, seconds = in_turns(options, mapping, float("inf") if batched else options.seconds)
    same("completed voices", services.count("completed"), operations)
    same("pending voices", services.count("pending"), options.count - operations)
    if batched:
        same("drained voices", operations, options.count)
    return operations, seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["enqueue-one", "enqueue-1000", "cycle-one", "cycle-batched"])
    parser.add_argument("--connection", required=True)
    parser.add_argument("--clients", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--count", type=int, required=True)
    options = parser.parse_args()

    services = Services(options.connection)
    if services.query("SELECT EXISTS (SELECT FROM voices) OR EXISTS (SELECT FROM videos)")[0][0]:
        sys.exit("The database has voices or videos: give one with the schema only.")
    try:
        operations, seconds = run(options, services)
    finally:
        services.execute("TRUNCATE videos, voices")
    version = f"psycopg2 {psycopg2.__version__.split()[0]}, Python {platform.python_version()}"
    print(json.dumps({"peer": "database_utils", "work": options.work, "operations": operations, "seconds": round(seconds, 6), "version": version}))


if __name__ == "__main__":
    main()
