namespace CimStore.Nats.Commands;

/// <summary>A command that a stream captures: its acknowledgement reaches who asked before the node's answer.</summary>
/// <param name="Name">Of the stream.</param>
/// <param name="Subject">What of its subjects does it.</param>
/// <param name="Command">The first command that it captures.</param>
public sealed record CapturedCommand(string Name, string Subject, string Command)
{
    /// <summary>What is wrong, and what helps.</summary>
    public override string ToString() =>
        $"The stream {Name} captures {Subject}, and with it the command {Command}: whoever asks gets the stream's "
        + "acknowledgement before the node's answer. Take the commands out of its subjects (nats stream edit "
        + $"{Name} --subjects ...), or edit it with --no-ack; what shall be kept in a stream has a subject of its own "
        + "(docs/nats.md).";
}
