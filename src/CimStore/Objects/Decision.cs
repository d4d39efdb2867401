using System.Collections.Immutable;

namespace CimStore.Objects;

/// <summary>What becomes of a command: events to append (none when all is as asked), or a rejection.</summary>
public sealed record Decision
{
    private static readonly Decision Nothing = new() { Events = [] };

    public ImmutableArray<StorageEvent> Events { get; private init; } = [];

    public Rejection? Rejection { get; private init; }

    public bool IsAccepted => Rejection is null;

    public static Decision Accept() => Nothing;

    public static Decision Accept(StorageEvent happened) => new() { Events = [happened] };

    public static Decision Accept(StorageEvent first, StorageEvent second) => new() { Events = [first, second] };

    public static Decision Reject(string code, string message) => new() { Rejection = new Rejection(code, message) };
}
