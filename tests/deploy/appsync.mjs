// Runs resolver code as APPSYNC_JS would: one JSON request per line, one answer per line. util.error ends the step,
// util.appendError is remembered. The code is a module beside this one's stand-in for '@aws-appsync/utils'.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { appended, Thrown } from '@aws-appsync/utils';

for await (const line of createInterface({ input: process.stdin })) {
  const { file, step, context } = JSON.parse(line);
  const module = await import(pathToFileURL(file).href);
  appended.length = 0;
  let answer;
  try {
    answer = { value: module[step](context), appended };
  } catch (thrown) {
    if (!(thrown instanceof Thrown)) throw thrown;
    answer = { error: thrown.error, appended };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
