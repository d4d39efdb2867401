using System.Collections.Immutable;

namespace CimStore.Nats.Provisioning;

/// <summary>A stream that is as it was asked for.</summary>
/// <param name="Stream">Its name.</param>
/// <param name="Verdict">What was done.</param>
/// <param name="Degradations">What was left out because the server's version lacks it, in words.</param>
public sealed record Provisioned(string Stream, ProvisionVerdict Verdict, ImmutableArray<string> Degradations);
