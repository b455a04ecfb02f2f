// pg-boss: fetch and complete, one job or a hundred at once.
import { BATCH, inTurns, job, load, main, options, prepare, same } from './peer.mjs';

const QUEUE = 'voices';
const FETCHED_AT_ONCE = 100;

const count = (database, states) => database
    .query('select count(*) as jobs from pgboss.job where name = $1 and state::text = any($2)', [QUEUE, states])
    .then(result => result.rows[0].jobs);

/** Starts pg-boss without its maintenance, which would take connections and time from the measurement. */
async function withBoss(use) {
    const { PgBoss } = await load('pg-boss');
    const boss = new PgBoss({ connectionString: options.connection, max: options.clients, supervise: false, schedule: false });
    boss.on('error', error => { throw error; });
    await boss.start();
    await boss.createQueue(QUEUE);
    try {
        return await use(boss);
    } finally {
        await boss.stop({ graceful: false });
    }
}

const insert = (boss, jobs) => boss.insert(QUEUE, Array.from({ length: jobs }, () => ({ data: job })));

const enqueue = call => database => withBoss(async boss => {
    const result = await inTurns(options.clients, options.seconds, () => call(boss));
    same('created jobs', await count(database, ['created']), result.operations);
    return result;
});

const cycle = (batchSize, seconds) => database => withBoss(async boss => {
    await prepare(database, jobs => insert(boss, jobs));
    const result = await inTurns(options.clients, seconds, async () => {
        const jobs = await boss.fetch(QUEUE, { batchSize });
        if (jobs.length === 0) return 0;
        const { affected } = await boss.complete(QUEUE, jobs.map(({ id }) => id));
        return affected;
    });
    same('completed jobs', await count(database, ['completed']), result.operations);
    same('jobs left', await count(database, ['created']), options.count - result.operations);
    return result;
});

const drained = work => async database => {
    const result = await work(database);
    same('drained jobs', result.operations, options.count);
    return result;
};

await main('pg-boss', 'pgboss', {
    'enqueue-one': enqueue(async boss => {
        await boss.send(QUEUE, job);
        return 1;
    }),
    'enqueue-1000': enqueue(async boss => {
        await insert(boss, BATCH);
        return BATCH;
    }),
    'cycle-one': cycle(1, options.seconds),
    'cycle-batched': drained(cycle(FETCHED_AT_ONCE, Infinity)),
});
