using System.Collections.Immutable;

namespace CimStore.Nats.Commands;

/// <summary>A command that the service knows, and the members that its body may have.</summary>
/// <param name="Name">As it stands in the subject.</param>
/// <param name="Members">Beside those of every command.</param>
internal sealed record CommandVerb(string Name, ImmutableArray<string> Members)
{
    public const string MessageId = "message_id";
    public const string CorrelationId = "correlation_id";
    public const string CausationId = "causation_id";
    public const string Actor = "actor";
    public const string Deadline = "deadline";
    public const string TimeoutMs = "timeout_ms";

    public static readonly CommandVerb Store = new(
        "store",
        [
            "content", "object", "expected_cid", "content_size", "codec", "hash", "class", "data_class", "level",
            "pattern", "accept_debt", "pin", "owner", "namespace", "name",
        ]);

    public static readonly CommandVerb Retrieve = new("retrieve", ["cid", "offset", "length", "at_least_lsn"]);
    public static readonly CommandVerb Replicate = new("replicate", ["cid", "factor", "at_least"]);
    public static readonly CommandVerb Migrate = new("migrate", ["cid", "tier"]);
    public static readonly CommandVerb Delete = new("delete", ["cid", "grace", "owner", "namespace", "name"]);
    public static readonly CommandVerb Verify = new("verify", ["cid"]);
    public static readonly CommandVerb Stat = new("stat", ["cid", "at_least_lsn"]);
    public static readonly CommandVerb Explain = new("explain", ["cid", "at_least_lsn"]);

    public static readonly CommandVerb NameSet = new(
        "name.set", ["owner", "namespace", "name", "cid", "expected_cid", "must_be_new"]);

    public static readonly CommandVerb NameGet = new("name.get", ["owner", "namespace", "name", "at_least_lsn"]);
    public static readonly CommandVerb NameDelete = new("name.delete", ["owner", "namespace", "name", "expected_cid"]);

    public static readonly ImmutableArray<CommandVerb> All =
        [Store, Retrieve, Replicate, Migrate, Delete, Verify, Stat, Explain, NameSet, NameGet, NameDelete];

    /// <summary>Those of every command, which are headers where the body is content.</summary>
    public static readonly ImmutableArray<string> Common =
        [MessageId, CorrelationId, CausationId, Actor, Deadline, TimeoutMs];

    /// <summary>The service protocol has no dots in the names of endpoints.</summary>
    public string EndpointName => Name.Replace('.', '-');
}
