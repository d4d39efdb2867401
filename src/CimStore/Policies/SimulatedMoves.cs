using CimStore.Locations;

namespace CimStore.Policies;

public sealed record SimulatedMoves(StorageTier From, StorageTier To, long Count, long Bytes);
