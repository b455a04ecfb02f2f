// graphile-worker: its own runner, with and without the local queue and batched completion.
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { BATCH, inTurns, job, load, main, options, prepare, same } from './peer.mjs';

const TASK = 'synthesize';
// As in its own performance test. Read when the package is loaded.
process.env.NO_LOG_SUCCESS = '1';
const { Logger, makeWorkerUtils, run } = await load('graphile-worker');

// Silent but for errors: a line for each job, as it writes by default, would be measured as well.
const logger = new Logger(() => (level, message) => { if (level === 'error') console.error(message); });

const count = database => database
    .query('select count(*) as jobs from graphile_worker.jobs')
    .then(result => result.rows[0].jobs);

async function withUtils(maxPoolSize, use) {
    const utils = await makeWorkerUtils({ preset: { worker: { connectionString: options.connection, maxPoolSize, logger } } });
    try {
        await utils.migrate();
        return await use(utils);
    } finally {
        await utils.release();
    }
}

const insert = (utils, jobs) => utils.addJobs(Array.from({ length: jobs }, () => ({ identifier: TASK, payload: job })));

const enqueue = call => database => withUtils(Math.max(2, options.clients), async utils => {
    const result = await inTurns(options.clients, options.seconds, () => call(utils));
    same('jobs', await count(database), result.operations);
    return result;
});

/**
 * Timed from the pool of workers to the moment when the table is empty, or when the given time is over. A job counts when it has
 * left the table: the workers do not wait for a completion before they fetch the next job, so those handled are a few more.
 */
const cycle = (seconds, settings) => async database => {
    await withUtils(2, utils => prepare(database, jobs => insert(utils, jobs)));

    let handled = 0;
    const all = Promise.withResolvers();
    const events = new EventEmitter();
    const created = once(events, 'pool:create').then(() => performance.now());
    const runner = await run({
        taskList: { [TASK]: () => { if (++handled === options.count) all.resolve(true); } },
        preset: { worker: { connectionString: options.connection, events, logger, ...settings } },
        noHandleSignals: true,
    });

    const limits = seconds ? [delay(seconds * 1000, false)] : [];
    if (await Promise.race([all.promise, runner.promise, ...limits])) {
        // The last completions are still under way.
        while ((await database.query('select from graphile_worker._private_jobs limit 1')).rowCount > 0) await delay(1);
    }
    const left = Number(await count(database));
    const ended = performance.now(), endedAt = Date.now();
    const unfinished = handled - (options.count - left);
    await runner.stop();

    if (!seconds) same('jobs left', left, 0);
    if (handled > options.count || unfinished < 0 || unfinished > 2 * settings.concurrentJobs)
        throw new Error(`${handled} jobs were handled, and ${left} of ${options.count} are left in the database.`);
    return { operations: options.count - left, ended: endedAt, seconds: (ended - await created) / 1000 };
};

await main('graphile-worker', 'graphile_worker', {
    'enqueue-one': enqueue(async utils => {
        await utils.addJob(TASK, job);
        return 1;
    }),
    'enqueue-1000': enqueue(async utils => {
        await insert(utils, BATCH);
        return BATCH;
    }),
    // One job at a time for each of the clients; the pool as large as its documentation recommends.
    'cycle-one': cycle(options.seconds, {
        concurrentJobs: options.clients,
        maxPoolSize: Math.max(10, options.clients + 2),
    }),
    // The settings of the performance page of its documentation.
    'cycle-batched': cycle(undefined, {
        concurrentJobs: 24,
        maxPoolSize: 25,
        localQueue: { size: 500 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
    }),
});
