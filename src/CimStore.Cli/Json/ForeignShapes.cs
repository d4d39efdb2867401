using System.Text.Json;

namespace CimStore.Cli.Json;

// What `translate` and `dead-letters` print with `--json`; docs/cli.md describes each.

/// <summary>Severity is <c>error</c> or <c>warning</c>.</summary>
internal sealed record RuleFindingJson(string Severity, string File, int Line, int Column, string Message);

/// <summary>Outcome is <c>commands</c> or <c>dead-letter</c>.</summary>
internal sealed record TranslatedJson(
    string Outcome, string Subject, string? Rule, string? Code, string? Reason, string? MessageId,
    string? CorrelationId, string? CausationId, string? Actor, TranslatedCommandJson[] Commands);

internal sealed record TranslatedCommandJson(string Command)
{
    public long? SizeBytes { get; init; }

    public string? Cid { get; init; }

    public string? Codec { get; init; }

    public string? Hash { get; init; }

    public string? Class { get; init; }

    public string? DataClass { get; init; }

    public string? Level { get; init; }

    public int? Factor { get; init; }

    public bool? AtLeast { get; init; }

    public bool? AcceptDebt { get; init; }

    public string? Pattern { get; init; }

    public string? Tier { get; init; }

    public double? GraceSeconds { get; init; }

    public string? Owner { get; init; }

    public string? Namespace { get; init; }

    public string? Name { get; init; }

    public string? Expected { get; init; }

    public bool? MustBeNew { get; init; }
}

/// <summary>A dead letter without its event.</summary>
internal sealed record DeadLetterJson(
    string Id, DateTimeOffset At, string Subject, string Code, string Reason, string? Rule, int Attempts,
    long SizeBytes);

/// <summary>State is <c>accepted</c>, <c>kept</c>, <c>removed</c>, <c>would-be-removed</c> or <c>missing</c>.</summary>
internal sealed record DeadLetterDoneJson(
    string Id, string State, string? CommandId, string? CorrelationId, string? Code, string? Reason);

/// <summary>One of our events in the words of another context.</summary>
internal sealed record ToldJson(string Subject, JsonElement Event);
