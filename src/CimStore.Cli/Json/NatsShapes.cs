namespace CimStore.Cli.Json;

/// <summary>What `nats backup` and `nats restore` print with `--json`.</summary>
internal sealed record StreamBackupJson(
    string Stream, long Messages, long Consumers, long PayloadBytes, string Blake3, string ServerVersion,
    DateTimeOffset At, string File);
