using CimStore.Locations;

namespace CimStore.Engine;

/// <param name="Tier">Where the object is to be. The policy may move it again, at its next look.</param>
public sealed record MigrateRequest(StorageTier Tier, CommandIdentity Identity);
