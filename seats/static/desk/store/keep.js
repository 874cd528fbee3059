// What the browser keeps for one user. Nothing of another user's is seen through it.

export class Keep {
  /** `storage` is the browser's, or anything like it; `user` is whose page this is. */
  constructor(storage, user) {
    this.storage = storage;
    this.prefix = `desk:${user}:`;
  }

  /** Return what was kept under the name; `otherwise` where there is nothing that can be read. */
  get(name, otherwise = null) {
    try {
      const text = this.storage.getItem(this.prefix + name);
      return text === null ? otherwise : JSON.parse(text);
    } catch {
      return otherwise;
    }
  }

  /** Keep a value; false where the browser keeps no more. */
  set(name, value) {
    try {
      this.storage.setItem(this.prefix + name, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }

  remove(name) {
    this.storage.removeItem(this.prefix + name);
  }

  /** Return the names that begin so. */
  names(beginning) {
    const found = [];
    for (let at = 0; at < this.storage.length; at += 1) {
      const key = this.storage.key(at);
      if (key.startsWith(this.prefix + beginning)) found.push(key.slice(this.prefix.length));
    }
    return found;
  }
}
