using CimStore.Http;

namespace CimStore.Nats.Foreign;

/// <summary>What became of one attempt at an event: an acknowledgement, or what stood in its way.</summary>
internal readonly record struct ForeignAttempt(WireTypes.ForeignAcknowledgement? Acknowledgement, Problem? Problem)
{
    private const int TooMany = 429;
    private const int OwnFault = 500;

    /// <summary>Whether the same event may go another way later.</summary>
    public bool IsWorthAnother => Problem is { Status: TooMany or >= OwnFault };

    /// <summary>Whether a person has to look at it: it did not take effect and will not.</summary>
    public bool IsDead => !IsWorthAnother && Acknowledgement?.Status != Commands.CommandAnswer.Accepted;

    public DeadLetterNotice ToNotice(string subject, ReadOnlyMemory<byte> body) =>
        Acknowledgement is { } answered
            ? DeadLetterNotice.Of(subject, body, answered)
            : DeadLetterNotice.Of(subject, body, Problem!);
}
