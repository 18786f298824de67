// Reads calls from stdin, one JSON document per line, and answers each one with its outcome.

import { createInterface } from "node:readline";

// Stdout belongs to the answers.
console.log = console.info = console.debug = console.error;

export async function serve(actions) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { action, arguments: given } = JSON.parse(line);
    process.stdout.write(JSON.stringify(await outcome(() => actions[action](...given))) + "\n");
  }
  process.exit(0); // kept connections would hold the process
}

async function outcome(call) {
  try {
    return { value: await call() };
  } catch (error) {
    const { name, message } = error;
    return { error: { name, message, classes: classes(error), result: message === undefined ? error : undefined } };
  }
}

function classes(error) {
  const found = [];
  for (let type = Object.getPrototypeOf(error); type; type = Object.getPrototypeOf(type)) {
    found.push(type.constructor.name);
  }
  return found;
}
