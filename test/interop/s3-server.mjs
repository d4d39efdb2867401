// A small S3 server, for the tests of the adapter: node s3-server.mjs DIRECTORY. Prints its port on one line. It ends
// when its standard input does, so that it does not outlive the test that started it.
import { createServer } from 'node:net';
import S3rver from 's3rver';

const directory = process.argv[2];

const port = await new Promise((found, failed) => {
  const probe = createServer();
  probe.on('error', failed);
  probe.listen(0, '127.0.0.1', () => {
    const { port: free } = probe.address();
    probe.close(() => found(free));
  });
});

await new S3rver({ address: '127.0.0.1', port, directory, silent: true, configureBuckets: [] }).run();
console.log(JSON.stringify({ port }));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
