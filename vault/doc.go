// Package vault keeps secrets sealed at rest: envelope keys a tenant under one master key.
//
// A master key lives in a file of its own, never in the store. Each tenant has data keys, random and wrapped by
// the master key; the store holds the wrapped ones only. From a tenant's data key a key is derived for each
// purpose (HKDF-SHA-256), so that what one part sealed or signed means nothing to another. Sealed blobs and
// signed tokens name the data key that made them: after [Vault.Rotate] new ones use the new key and old ones
// still open.
//
// It owns keys, sealing (XChaCha20-Poly1305) and short signed tokens (HMAC-SHA-256). It does not own what is
// sealed, nor where wrapped keys are stored: see [Store]. Layer L2. Begin with [Vault].
package vault
