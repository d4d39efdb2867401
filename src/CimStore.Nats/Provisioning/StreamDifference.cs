namespace CimStore.Nats.Provisioning;

/// <summary>A setting of a stream that is not as it was asked for.</summary>
/// <param name="Field">By the server's name of it.</param>
/// <param name="Wanted">As asked for.</param>
/// <param name="Got">As the server has it.</param>
/// <param name="IsSafe">Whether changing it to what is wanted loses nothing.</param>
internal sealed record StreamDifference(string Field, string Wanted, string Got, bool IsSafe)
{
    public override string ToString() => $"{Field}: wanted {Wanted}, got {Got}";
}
