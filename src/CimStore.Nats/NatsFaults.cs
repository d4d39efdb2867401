using System.Net.Sockets;
using CimStore.Locations;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace CimStore.Nats;

/// <summary>What the client library throws, in the words of this project. No type of it crosses a port.</summary>
internal static class NatsFaults
{
    private const int InsufficientResources = 10023;
    private const int StorageExceeded = 10047;
    private const int MaximumBytes = 10054;
    private const int MaximumMessages = 10077;

    /// <summary>The server's code for a stream that is not there.</summary>
    public const int StreamNotFound = 10059;

    /// <summary>For a message that is not there.</summary>
    public const int MessageNotFound = 10037;

    /// <summary>For a subject, or a stream, whose last message is another than expected.</summary>
    public const int WrongLastSequence = 10071;

    /// <summary>Whether it is a failure of the server or the way to it, and not a bug.</summary>
    public static bool IsFault(Exception failure) =>
        failure is NatsException or TimeoutException or SocketException or IOException;

    /// <param name="failure">What a call of the client library threw.</param>
    /// <param name="mayHaveHappened">Whether the call changes something: without an answer it may have.</param>
    /// <param name="what">What was being done, for the message.</param>
    public static LocationException Of(Exception failure, bool mayHaveHappened, string what)
    {
        var fault = failure switch
        {
            NatsJSApiException api => FaultOf(api),
            NatsJSApiNoResponseException or NatsNoRespondersException => LocationFault.Offline,
            _ when IsRefused(failure) => LocationFault.Offline,
            _ when mayHaveHappened => LocationFault.Unknown,
            _ => LocationFault.Offline,
        };
        return new LocationException(fault, $"NATS, {what}: {CauseOf(failure)}", failure);
    }

    /// <summary>The innermost reason, which is what helps.</summary>
    public static string CauseOf(Exception failure) => failure switch
    {
        NatsJSApiException api => $"{api.Error.Description} (code {api.Error.ErrCode})",
        NatsJSApiNoResponseException or NatsNoRespondersException =>
            "nothing answers: JetStream is not enabled there, or has no leader now.",
        TimeoutException or NatsNoReplyException => "no answer in time.",
        { InnerException: { } inner } when failure is NatsException => CauseOf(inner),
        _ => failure.Message,
    };

    private static LocationFault FaultOf(NatsJSApiException api) => api.Error.ErrCode switch
    {
        StorageExceeded or MaximumBytes or MaximumMessages or InsufficientResources => LocationFault.Full,
        StreamNotFound => LocationFault.Offline,
        _ when api.Error.Code is 429 => LocationFault.Throttled,
        _ => LocationFault.Offline,
    };

    private static bool IsRefused(Exception failure) =>
        failure is NatsServerException or SocketException
        || (failure is NatsException && failure.InnerException is { } inner && IsRefused(inner));
}
