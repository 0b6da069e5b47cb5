// Command line flags as Go's flag package reads them: one dash or two, `-name value` or `-name=value`, the first word
// that is no flag ends them. https://pkg.go.dev/flag#hdr-Command_line_flag_syntax
"use strict";

const { print } = require("./access-log.cjs");

/** Exits 2 with the usage on a bad flag, 0 on -h. */
function parseFlags(flags, argv, program) {
  const values = Object.fromEntries(Object.entries(flags).map(([name, { initial }]) => [name, initial]));
  const words = [...argv];
  while (words.length > 0 && /^-./.test(words[0])) {
    const word = words.shift();
    if (word === "--") break;
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word);
    if (match === null) fail(`bad flag syntax: ${word}`);
    const [, name, given] = match;
    const flag = flags[name];
    if (flag === undefined) unknown(name);
    if (flag.type === "bool") values[name] = boolean(given, name);
    else {
      const text = given ?? words.shift();
      if (text === undefined) fail(`flag needs an argument: -${name}`);
      values[name] = flag.type === "int" ? integer(text, name) : text;
    }
  }
  return { values, rest: words };

  function unknown(name) {
    if (name === "h" || name === "help") {
      print(2, usage(flags, program));
      process.exit(0);
    }
    fail(`flag provided but not defined: -${name}`);
  }

  function fail(message) {
    print(2, `${message}\n${usage(flags, program)}`);
    process.exit(2);
  }

  function integer(text, name) {
    const match = /^([+-]?)(0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[1-9][\d_]*|0)$/.exec(text);
    if (match === null) fail(`invalid value "${text}" for flag -${name}: parse error`);
    const digits = match[2].replaceAll("_", "").replace(/^0(?=[0-7])/, "0o");
    const value = BigInt(digits) * (match[1] === "-" ? -1n : 1n);
    if (BigInt.asIntN(64, value) !== value) fail(`invalid value "${text}" for flag -${name}: value out of range`);
    return Number(value);
  }

  function boolean(text, name) {
    if (text === undefined || /^(1|t|T|TRUE|true|True)$/.test(text)) return true;
    if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
    return fail(`invalid boolean value "${text}" for -${name}: parse error`);
  }
}

function usage(flags, program) {
  const lines = Object.keys(flags)
    .sort()
    .map((name) => {
      const { type, initial, usage: text } = flags[name];
      const zero = initial === "" || initial === 0 || initial === false;
      const shown = typeof initial === "string" ? JSON.stringify(initial) : initial;
      return `  -${name}${type === "bool" ? "" : ` ${type}`}\n    \t${text}${zero ? "" : ` (default ${shown})`}\n`;
    });
  return `Usage of ${program}:\n${lines.join("")}`;
}

module.exports = { parseFlags };
