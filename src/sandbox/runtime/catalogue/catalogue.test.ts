import { describe, expect, it } from "vitest";
import { builtInCatalogue } from "./built-in.ts";
import { findEntry, unknownImageMessage } from "./entry.ts";
import { parseImage } from "./image-name.ts";
import { parseCatalogue } from "./parse.ts";

describe("parseImage", () => {
  it.each([
    ["hashicorp/http-echo:1.0", "hashicorp/http-echo", "1.0"],
    ["docker.io/hashicorp/http-echo", "hashicorp/http-echo", undefined],
    ["docker.io/library/nginx:1@sha256:abc", "nginx", "1"],
    ["localhost:5000/shop", "localhost:5000/shop", undefined],
    ["localhost:5000/shop:2", "localhost:5000/shop", "2"],
  ])("%s", (image, name, tag) => expect(parseImage(image)).toEqual({ name, tag }));
});

describe("findEntry", () => {
  const catalogue = builtInCatalogue();
  it("knows the built-in images by their tags", () => {
    expect(findEntry(catalogue, "docker.io/hashicorp/http-echo:1.0")?.builtIn).toBe(true);
    expect(findEntry(catalogue, "hashicorp/http-echo:0.2.3")).toBeUndefined();
    expect(findEntry(catalogue, "serin.dev/echo:0.1")?.builtIn).toBe(true);
  });
  it("lets a user's entry with one tag stand for that tag alone", () => {
    const own = [{ image: "shop:1.2", command: ["x"] }];
    expect(findEntry(own, "shop:1.2")).toBe(own[0]);
    expect(findEntry(own, "shop")).toBeUndefined();
  });
  it("gives the exact lines for an image without an entry, and those lines work", () => {
    const message = unknownImageMessage(catalogue, "shop:1.2", "serin-sandbox.yaml");
    const lines = message.slice(message.indexOf("images:"));
    expect(findEntry(parseCatalogue(lines, "f"), "shop:1.2")?.command).toContain("$(POD_IP)");
    expect(unknownImageMessage(catalogue, "hashicorp/http-echo:0.2", "f")).toContain(
      "known tags of hashicorp/http-echo: 1.0",
    );
  });
});

describe("parseCatalogue", () => {
  it("reads every field", () => {
    const text =
      "images: [{image: shop, tags: [1.2], command: [node, a.js, $(PORT)], env: {HOST: $(POD_IP)}, workingDir: x, allow: [exec]}]";
    expect(parseCatalogue(text, "f")[0]).toMatchObject({ tags: ["1.2"], allow: ["exec"], env: { HOST: "$(POD_IP)" } });
  });
  it("takes an empty file for an empty catalogue", () => expect(parseCatalogue("", "f")).toEqual([]));
  it.each([
    ["images: [{image: shop}]", "f: images.0.command"],
    ["images: [{image: shop, command: []}]", "images.0.command: name the program to start"],
    ["images: [{image: shop, command: [a, $(IP)]}]", "images.0.command.1: $(IP) is unknown; known are $(POD_IP)"],
    ["images: [{image: shop, command: [a], comand: [b]}]", "comand"],
    ["images: [{image: shop, command: [a], allow: [root]}]", "images.0.allow.0"],
    ["images: {", "f is not YAML"],
  ])("%s is refused with its path", (text, words) => expect(() => parseCatalogue(text, "f")).toThrow(words));
});
