// What both peers in JavaScript share: the arguments, the packages from the cache folder, clients that take turns, and the line of JSON.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const require = createRequire(process.env.PEER_MODULES);

/** An installed package. `import` by name would look beside this file, where nothing is installed. */
export const load = name => import(pathToFileURL(require.resolve(name)));

// By its path: what a package exports need not include this file.
const packageVersion = name => require(`${process.env.PEER_MODULES}node_modules/${name}/package.json`).version;

/** What one job carries: a line of a conversation, about as long as the lines of the other contenders. */
export const job = { character_name: 'aluno', text_content: 'Professora, pode explicar de novo a segunda parte?' };

export const BATCH = 1000;

const { values, positionals: [work] } = parseArgs({
    allowPositionals: true,
    options: { connection: { type: 'string' }, clients: { type: 'string' }, seconds: { type: 'string' }, count: { type: 'string' } },
});
export const options = {
    connection: values.connection,
    clients: Number(values.clients),
    seconds: Number(values.seconds),
    count: Number(values.count),
};
if (!options.connection || !(options.clients >= 1) || !(options.seconds > 0) || !(options.count >= 1))
    throw new Error('--connection, --clients, --seconds and --count are needed.');

/** Runs the chosen work between the creation and the removal of the peer's schema. */
export async function main(peer, schema, works) {
    const run = works[work];
    if (!run) throw new Error(`${peer} has no work '${work}': ${Object.keys(works).join(', ')}.`);
    // A peer that hangs must not hang the whole table.
    setTimeout(() => { throw new Error(`${peer} ${work} did not end.`); }, (options.seconds + 300) * 1000).unref();

    const { default: pg } = await load('pg');
    const database = new pg.Client({ connectionString: options.connection });
    await database.connect();
    const found = await database.query('select from pg_namespace where nspname = $1', [schema]);
    if (found.rowCount > 0) throw new Error(`The database already has a schema '${schema}': give an empty database.`);

    let result;
    try {
        result = await run(database);
    } finally {
        await database.query(`drop schema if exists ${schema} cascade`);
        await database.end();
    }

    const version = `${packageVersion(peer)}, pg ${packageVersion('pg')}, Node.js ${process.versions.node}`;
    console.log(JSON.stringify({ peer, work, operations: result.operations, ended: result.ended, seconds: Number(result.seconds.toFixed(6)), version }));
    // Timers of a peer may outlive it.
    process.exit(0);
}

/** All clients call until the time is over or a call returns 0; the sum of what the calls returned and the time until the last one came back. */
export async function inTurns(clients, seconds, call) {
    let operations = 0;
    const start = performance.now();
    const end = start + seconds * 1000;
    await Promise.all(Array.from({ length: clients }, async () => {
        while (performance.now() < end) {
            const done = await call();
            if (done === 0) break;
            operations += done;
        }
    }));
    return { operations, ended: Date.now(), seconds: (performance.now() - start) / 1000 };
}

/** Prepares the jobs of a cycle, untimed, in batches, and gives the planner the statistics that autovacuum would bring later. */
export async function prepare(database, insert) {
    for (let left = options.count; left > 0; left -= BATCH) await insert(Math.min(left, BATCH));
    await database.query('vacuum analyze');
}

export function same(what, actual, expected) {
    if (Number(actual) !== expected) throw new Error(`${what}: ${actual} in the database, ${expected} counted.`);
}
