using CimStore.Server.Configuration;
using Microsoft.Extensions.Configuration;

namespace CimStore.Server;

/// <summary>
/// Reads what a node is told from a JSON file and from <c>CIMSTORE__</c> variables; once, before the host.
/// </summary>
public static class ServerConfiguration
{
    public const string EnvironmentPrefix = "CIMSTORE__";

    /// <summary>The options of the server alone, of a file that is checked as a whole.</summary>
    /// <param name="path">A JSON file whose root is the options object; null reads the environment alone.</param>
    /// <exception cref="ArgumentException">A key is unknown or a value out of range; the message names it.</exception>
    public static ServerOptions Read(string? path) => ReadNode(path).Server;

    /// <summary>Everything that the file says, with the warnings that health shall show.</summary>
    /// <param name="path">See <see cref="Read"/>.</param>
    /// <exception cref="ArgumentException">A key is unknown or a value out of range; the message names it.</exception>
    public static NodeConfiguration ReadNode(string? path)
    {
        if (path is null)
        {
            var server = Bind(new ConfigurationBuilder().AddEnvironmentVariables(EnvironmentPrefix).Build());
            return new NodeConfiguration(server, TiersConfiguration.Default, []);
        }

        try
        {
            return ConfigurationFile.Read(path, BlockDevice.Of);
        }
        catch (IOException broken)
        {
            throw new ArgumentException($"The configuration {path} cannot be read: {Deepest(broken)}", broken);
        }
    }

    /// <exception cref="ArgumentException">A key is unknown or a value out of range; the message names it.</exception>
    public static ServerOptions Bind(IConfiguration configuration)
    {
        try
        {
            return BindOrFail(configuration);
        }
        catch (Exception invalid) when (IsInvalid(invalid))
        {
            throw new ArgumentException($"The configuration is refused: {Deepest(invalid)}", invalid);
        }
    }

    /// <returns>Why the binder refuses it; null when it does not.</returns>
    internal static string? WhyNot(IConfiguration configuration)
    {
        try
        {
            _ = BindOrFail(configuration);
            return null;
        }
        catch (Exception invalid) when (IsInvalid(invalid))
        {
            return Deepest(invalid);
        }
    }

    private static ServerOptions BindOrFail(IConfiguration configuration) =>
        configuration.Get<ServerOptions>(binder => binder.ErrorOnUnknownConfiguration = true) ?? new ServerOptions();

    private static bool IsInvalid(Exception exception) =>
        exception is InvalidOperationException or ArgumentException or FormatException;

    private static string Deepest(Exception exception) =>
        exception.InnerException is { } inner ? $"{exception.Message} {Deepest(inner)}" : exception.Message;
}
