// Certificates for tests, made by openssl as users make theirs: an authority, and what it signs.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM texts, and the files that hold them, for clients that want files. */
export interface Certificate {
  certificate: string;
  key: string;
  certificateFile: string;
  keyFile: string;
}

export class Authority {
  readonly certificate: string;
  readonly certificateFile: string;
  readonly #dir = mkdtempSync(join(tmpdir(), "serin-certificates-"));
  readonly #keyFile: string;
  #made = 0;

  constructor(name = "test authority") {
    this.certificateFile = join(this.#dir, "ca.crt");
    this.#keyFile = join(this.#dir, "ca.key");
    this.#openssl(
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", `/CN=${name}`, "-keyout", this.#keyFile, "-out", this.certificateFile],
    );
    this.certificate = readFileSync(this.certificateFile, "utf8");
  }

  /** `names` as openssl writes them: `DNS:shop.example,URI:spiffe://x`. */
  issue(names: string, key: "ec" | "rsa" = "ec"): Certificate {
    const file = (ending: string) => join(this.#dir, `${this.#made}.${ending}`);
    this.#made++;
    const kind = key === "ec" ? ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] : ["rsa:2048"];
    const [request, extensions] = [file("csr"), file("ext")];
    writeFileSync(extensions, `subjectAltName=${names}\n`);
    this.#openssl(
      "req",
      "-new",
      "-newkey",
      ...kind,
      "-nodes",
      "-subj",
      `/CN=${this.#made}`,
      "-keyout",
      file("key"),
      "-out",
      request,
    );
    this.#openssl(
      ...["x509", "-req", "-in", request, "-CA", this.certificateFile, "-CAkey", this.#keyFile, "-CAcreateserial"],
      ...["-days", "2", "-extfile", extensions, "-out", file("crt")],
    );
    return {
      certificate: readFileSync(file("crt"), "utf8"),
      key: readFileSync(file("key"), "utf8"),
      certificateFile: file("crt"),
      keyFile: file("key"),
    };
  }

  dispose(): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  }
}
