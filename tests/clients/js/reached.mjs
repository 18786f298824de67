// Where this process connects to, whatever library does it. To be imported before the others.

import net from "node:net";

const reached = new Set();
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [options] = Array.isArray(given[0]) ? given[0] : given;
  reached.add(`${options.host ?? "localhost"}:${options.port}`);
  return connect.apply(this, given);
};

export default () => [...reached].sort();
