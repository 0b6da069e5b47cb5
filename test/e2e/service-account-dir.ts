// The folder that a kubelet mounts into a pod for its service account. Its files are links into a folder that is exchanged as a
// whole: https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go

import { mkdirSync, mkdtempSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ServiceAccountDir {
  path: string;
  /** What a kubelet does when it has a new token, or the authority is another one. */
  write(files: { token: string; "ca.crt": string; namespace: string }): void;
  remove(): void;
}

export function serviceAccountDir(): ServiceAccountDir {
  const path = mkdtempSync(join(tmpdir(), "serin-service-account-"));
  let count = 0;
  return {
    path,
    remove: () => rmSync(path, { recursive: true }),
    write(files) {
      const before = count === 0 ? undefined : readlinkSync(join(path, "..data"));
      const fresh = `..${(count += 1)}`;
      mkdirSync(join(path, fresh));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, fresh, name), text);
      symlinkSync(fresh, join(path, "..data_tmp"));
      renameSync(join(path, "..data_tmp"), join(path, "..data"));
      if (before === undefined)
        for (const name of Object.keys(files)) symlinkSync(join("..data", name), join(path, name));
      else rmSync(join(path, before), { recursive: true });
    },
  };
}
